//! Frames as events.

use core::fmt;

use broadring::Sequence;

use crate::codec::Codec;
use crate::error::ReadError;
use crate::format::{Frame, Records};

impl<'a> Frame<'a> {
    /// Checks that a codec reads the frame.
    fn check<C: Codec + ?Sized>(&self, codec: &C) -> Result<(), ReadError> {
        let sequence = self.first_sequence();
        if self.codec() != codec.id() {
            return Err(ReadError::OtherCodec {
                sequence,
                expected: codec.id(),
                found: self.codec(),
            });
        }
        if !codec.reads(self.schema()) {
            return Err(ReadError::OtherSchema {
                sequence,
                expected: codec.schema(),
                found: self.schema(),
            });
        }
        Ok(())
    }

    /// Returns the events in place: what the codec [lends](Codec::View) of each record.
    ///
    /// # Errors
    ///
    /// Each item may be a [`ReadError::Decode`]. If the frame was written with another codec or schema, the only
    /// item says so.
    pub fn view<'c, C: Codec + ?Sized>(&self, codec: &'c C) -> Viewed<'a, 'c, C> {
        Viewed {
            codec,
            schema: self.schema(),
            refused: self.check(codec).err(),
            records: self.records(),
        }
    }

    /// Returns the events as values.
    ///
    /// # Errors
    ///
    /// As [`view`](Self::view).
    pub fn decode<'c, C: Codec + ?Sized>(&self, codec: &'c C) -> Decoded<'a, 'c, C> {
        Decoded(self.view(codec))
    }
}

/// The events of a [`Frame`], in place: from [`Frame::view`].
pub struct Viewed<'a, 'c, C: ?Sized> {
    codec: &'c C,
    schema: crate::codec::SchemaId,
    refused: Option<ReadError>,
    records: Records<'a>,
}

impl<'a, C: Codec + ?Sized> Viewed<'a, '_, C> {
    /// Returns the next record, unless the codec does not read them at all.
    fn next_record(&mut self) -> Option<Result<(Sequence, &'a [u8]), ReadError>> {
        if let Some(refused) = self.refused.take() {
            while self.records.next().is_some() {}
            return Some(Err(refused));
        }
        self.records.next().map(Ok)
    }
}

impl<'a, C: Codec + ?Sized> Iterator for Viewed<'a, '_, C> {
    type Item = Result<(Sequence, C::View<'a>), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.next_record()?.and_then(|(sequence, record)| {
            match self.codec.view(self.schema, record) {
                Ok(event) => Ok((sequence, event)),
                Err(source) => Err(ReadError::Decode { sequence, source }),
            }
        }))
    }
}

impl<C: ?Sized> fmt::Debug for Viewed<'_, '_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Viewed")
            .field("refused", &self.refused)
            .field("records", &self.records)
            .finish_non_exhaustive()
    }
}

/// The events of a [`Frame`], as values: from [`Frame::decode`].
pub struct Decoded<'a, 'c, C: ?Sized>(Viewed<'a, 'c, C>);

impl<C: Codec + ?Sized> Iterator for Decoded<'_, '_, C> {
    type Item = Result<(Sequence, C::Event), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.0.next_record()?.and_then(|(sequence, record)| {
            match self.0.codec.decode(self.0.schema, record) {
                Ok(event) => Ok((sequence, event)),
                Err(source) => Err(ReadError::Decode { sequence, source }),
            }
        }))
    }
}

impl<C: ?Sized> fmt::Debug for Decoded<'_, '_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Decoded").field(&self.0).finish()
    }
}
