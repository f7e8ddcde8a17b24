//! Makes frames.

use broadring::Sequence;

use super::record::append_record;
use crate::codec::{Codec, CodecId, EncodeError, SchemaId};
use crate::error::AppendError;
use crate::format::{Described, FRAME_HEADER, Kind, LogId, encode_frame};

/// Makes frames of consecutive events that are in no log, to be sent elsewhere. [`Frame::parse`] reads them.
///
/// They are the same bytes as in a log with the same [identity](LogId), which is under their checksums.
///
/// [`Frame::parse`]: crate::Frame::parse
///
/// # Examples
///
/// ```
/// use broadring_log::codec::Postcard;
/// use broadring_log::{Frame, FrameBuilder, LogId};
///
/// let (log, codec) = (LogId::from_bytes(*b"orders of today."), Postcard::<(u32, u64)>::new(1));
/// let mut frames = FrameBuilder::new(log, 100, 7);
/// frames.push(&codec, &(5, 1_000))?;
/// frames.push(&codec, &(2, 1_010))?;
/// let bytes = frames.finish(1_700_000_000).expect("it has events");
///
/// let frame = Frame::parse(&bytes, log)?;
/// assert_eq!((frame.first_sequence(), frame.len(), frame.epoch()), (100.into(), 2, 7));
/// let events: Vec<_> = frame.decode(&codec).collect::<Result<_, _>>()?;
/// assert_eq!(events, [(100.into(), (5, 1_000)), (101.into(), (2, 1_010))]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FrameBuilder {
    log: LogId,
    epoch: u64,
    /// The sequence of the next event.
    next: u64,
    /// Room for the header, and the records of the frame that is being made.
    bytes: Vec<u8>,
    /// What its records are, if it has any.
    begun: Option<Described>,
}

impl FrameBuilder {
    /// Makes frames of this stream, from this sequence on, by the writer with this epoch.
    pub fn new(log: LogId, first: impl Into<Sequence>, epoch: u64) -> Self {
        Self { log, epoch, next: first.into().into(), bytes: vec![0; FRAME_HEADER], begun: None }
    }

    /// The sequence of the next event.
    pub fn next_sequence(&self) -> Sequence {
        self.next.into()
    }

    /// How many events the frame has that is being made.
    pub fn len(&self) -> usize {
        self.begun.map_or(0, |described| described.count as usize)
    }

    /// Whether the frame has no events yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes the frame has by now, with its header.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Appends an event.
    ///
    /// # Errors
    ///
    /// [`AppendError`]: it cannot be encoded, is too long, or is of [another kind](AppendError::OtherKind) than those
    /// before it in the frame. The frame is then as it was before.
    pub fn push<C: Codec + ?Sized>(
        &mut self,
        codec: &C,
        event: &C::Event,
    ) -> Result<Sequence, AppendError> {
        let size = codec.record_size().unwrap_or(0);
        self.append(codec.id(), codec.schema(), size, |bytes| codec.encode(event, bytes))
    }

    /// Appends an event that is encoded already: what a codec with this number has made of it.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    pub fn push_record(
        &mut self,
        codec: CodecId,
        schema: SchemaId,
        record: &[u8],
    ) -> Result<Sequence, AppendError> {
        self.append(codec, schema, 0, |bytes| {
            bytes.extend_from_slice(record);
            Ok(())
        })
    }

    fn append(
        &mut self,
        codec: CodecId,
        schema: SchemaId,
        record_size: usize,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<Sequence, AppendError> {
        let sequence = Sequence::from(self.next);
        let described = self.begun.unwrap_or(Described {
            first: self.next,
            count: 0,
            record_size: record_size as u32,
            stamp: 0,
            epoch: self.epoch,
            // Nothing is known of any disk.
            synced: 0,
            codec,
            schema,
        });
        if (described.codec, described.schema, described.record_size as usize)
            != (codec, schema, record_size)
        {
            return Err(AppendError::OtherKind { sequence });
        }
        append_record(&mut self.bytes, record_size, sequence, encode)?;
        self.begun = Some(Described { count: described.count + 1, ..described });
        self.next += 1;
        Ok(sequence)
    }

    /// Ends the frame, with a stamp of whatever clock the stream has, and returns its bytes: nothing if it has no
    /// events. The next frame goes on with the next sequence.
    pub fn finish(&mut self, stamp: u64) -> Option<Vec<u8>> {
        let described = Described { stamp, ..self.begun.take()? };
        encode_frame(&mut self.bytes, 0, Kind::Events, described, self.log.seed());
        // The next one will be about as long.
        let mut next = Vec::with_capacity(self.bytes.len());
        next.resize(FRAME_HEADER, 0);
        Some(core::mem::replace(&mut self.bytes, next))
    }
}
