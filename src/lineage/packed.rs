//! What is kept beside the log and seldom looked at: bytes, until somebody does.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, ser::Error};

/// A value that comes packed from the disk, and goes back as it came where nobody asked for it.
#[derive(Clone)]
pub(super) enum Packed<T> {
    Packed(Vec<u8>),
    Open(T),
}

impl<T: Default> Default for Packed<T> {
    fn default() -> Self {
        Self::Open(T::default())
    }
}

impl<T: Clone + DeserializeOwned> Packed<T> {
    /// The value; `None` where nobody can tell what was packed.
    pub(super) fn get(&self) -> Option<Cow<'_, T>> {
        match self {
            Self::Packed(bytes) => postcard::from_bytes(bytes).ok().map(Cow::Owned),
            Self::Open(value) => Some(Cow::Borrowed(value)),
        }
    }

    /// The same, to be changed.
    pub(super) fn get_mut(&mut self) -> Option<&mut T> {
        if let Self::Packed(bytes) = self {
            *self = Self::Open(postcard::from_bytes(bytes).ok()?);
        }
        match self {
            Self::Packed(_) => None,
            Self::Open(value) => Some(value),
        }
    }

    /// The value alone; what was seen and not read from the disk always has one.
    pub(super) fn into_value(self) -> Option<T> {
        match self {
            Self::Packed(bytes) => postcard::from_bytes(&bytes).ok(),
            Self::Open(value) => Some(value),
        }
    }
}

impl<T: Serialize> Serialize for Packed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Packed(bytes) => serializer.serialize_bytes(bytes),
            Self::Open(value) => serializer.serialize_bytes(&postcard::to_allocvec(value).map_err(S::Error::custom)?),
        }
    }
}

impl<'de, T> Deserialize<'de> for Packed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&[u8]>::deserialize(deserializer).map(|bytes| Self::Packed(bytes.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_back_whether_it_was_looked_at_or_not() {
        let mut open = Packed::Open(vec![1_u64, 300]);
        let disk = postcard::to_allocvec(&open).unwrap();
        let mut back: Packed<Vec<u64>> = postcard::from_bytes(&disk).unwrap();
        assert_eq!(postcard::to_allocvec(&back).unwrap(), disk);
        assert_eq!(back.get().unwrap(), open.get().unwrap());
        for packed in [&mut open, &mut back] {
            packed.get_mut().unwrap().push(7);
            assert_eq!(*packed.get().unwrap(), [1, 300, 7]);
        }
        assert_eq!(postcard::to_allocvec(&back).unwrap(), postcard::to_allocvec(&open).unwrap());
    }

    #[test]
    fn of_what_was_not_packed_here_nobody_tells() {
        let mut wrong = Packed::<Vec<u64>>::Packed(vec![200, 200]);
        assert!(wrong.get().is_none() && wrong.get_mut().is_none());
        assert_eq!(postcard::to_allocvec(&wrong).unwrap(), [2, 200, 200]);
    }
}
