//! Things with a name that come and never go: instruments, assets, accounts. Each gets a number, by
//! which the others know it.

use std::hash::{DefaultHasher, Hasher};
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

use hashbrown::HashTable;

/// Makes a number type for the entries of a registry.
macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub(crate) struct $name(pub(crate) u32);

        impl From<u32> for $name {
            fn from(number: u32) -> Self {
                Self(number)
            }
        }

        impl From<$name> for u32 {
            fn from(key: $name) -> Self {
                key.0
            }
        }
    )*};
}

keys! {
    /// The number of an instrument, in order of listing.
    InstrumentKey,
    /// The number of an asset, in order of listing.
    AssetKey,
    /// The number of an account, in order of opening.
    AccountKey,
}

/// What a registry holds.
pub(crate) trait Named {
    /// Its number.
    type Key: From<u32> + Into<u32> + Copy;

    /// Its name, which never changes.
    fn name(&self) -> &str;
}

/// Things in the order in which they came, found by name.
#[derive(Clone, Debug)]
pub(crate) struct Registry<T: Named> {
    entries: Vec<T>,
    /// Never iterated.
    by_name: HashTable<u32>,
    keys: PhantomData<T::Key>,
}

impl<T: Named> Registry<T> {
    pub(crate) const fn new() -> Self {
        Self { entries: Vec::new(), by_name: HashTable::new(), keys: PhantomData }
    }

    pub(crate) fn find(&self, name: &str) -> Option<T::Key> {
        let is_it = |number: &u32| self.entries[*number as usize].name() == name;
        self.by_name.find(hash_text(name), is_it).map(|number| T::Key::from(*number))
    }

    /// Takes an entry of a name that it does not hold.
    pub(crate) fn add(&mut self, entry: T) -> T::Key {
        let number = u32::try_from(self.entries.len()).expect("the bounds are of 32 bits");
        let hash = hash_text(entry.name());
        self.entries.push(entry);
        let entries = &self.entries;
        self.by_name
            .insert_unique(hash, number, |other| hash_text(entries[*other as usize].name()));
        T::Key::from(number)
    }

    pub(crate) const fn len(&self) -> usize {
        self.entries.len()
    }

    /// All, in the order in which they came.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (T::Key, &T)> {
        (0_u32..).map(T::Key::from).zip(&self.entries)
    }
}

impl<T: Named> Index<T::Key> for Registry<T> {
    type Output = T;

    fn index(&self, key: T::Key) -> &T {
        &self.entries[key.into() as usize]
    }
}

impl<T: Named> IndexMut<T::Key> for Registry<T> {
    fn index_mut(&mut self, key: T::Key) -> &mut T {
        &mut self.entries[key.into() as usize]
    }
}

/// The same on every machine; only ever finds a place in a table.
pub(crate) fn hash_text(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}
