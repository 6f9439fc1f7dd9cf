//! The table against a map that is known to be right.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::table::{Table, TableKey};

/// A key of few hashes, so that clusters grow and wrap around.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key(u64);

impl TableKey for Key {
    fn hash(&self) -> u64 {
        (self.0 % 5).wrapping_mul(7) << 32
    }
}

proptest! {
    #[test]
    fn table_equals_a_map(steps in prop::collection::vec((0..3_u8, 0..24_u64), 0..400)) {
        let mut table = Table::new(16);
        let mut map = BTreeMap::new();
        for (act, key) in steps {
            match act {
                0 => {
                    let fits = map.len() < 16 && !map.contains_key(&key);
                    prop_assert_eq!(table.insert(Key(key), key * 2), fits);
                    if fits {
                        map.insert(key, key * 2);
                    }
                }
                1 => prop_assert_eq!(table.remove(&Key(key)), map.remove(&key)),
                _ => {}
            }
            for key in 0..24 {
                prop_assert_eq!(table.get(&Key(key)), map.get(&key).copied());
            }
        }
    }
}
