//! The table against a map that is known to be right.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::hash_seed::HashSeed;
use crate::table::{Table, TableKey};

/// A key of few hashes, so that clusters grow and wrap around.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key(u64);

impl TableKey for Key {
    fn hash(&self, _: HashSeed) -> u64 {
        (self.0 % 5).wrapping_mul(7) << 32
    }
}

proptest! {
    #[test]
    fn table_equals_a_map(steps in prop::collection::vec((0..3_u8, 0..24_u64), 0..400)) {
        let mut table = Table::new(16, HashSeed::fixed(0));
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

/// A key as the ids of clients are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Chosen(u64);

impl TableKey for Chosen {
    fn hash(&self, seed: HashSeed) -> u64 {
        seed.hash([7, self.0].into_iter())
    }
}

const KEYS: usize = 512;

/// Returns how many cells the unluckiest look reads, with all of `keys` in a table that they fill.
fn longest_look(keys: &[Chosen], seed: HashSeed) -> usize {
    let mut table = Table::new(KEYS, seed);
    for key in keys {
        assert!(table.insert(*key, ()));
    }
    table.longest_look()
}

#[test]
fn keys_in_sequence_spread_under_every_seed() {
    let keys: Vec<_> = (0..512).map(Chosen).collect();
    for number in 0..256 {
        let longest = longest_look(&keys, HashSeed::fixed(number));
        assert!(longest <= 64, "{longest} cells under seed {number}");
    }
}

#[test]
fn keys_chosen_to_collide_under_one_seed_spread_under_the_others() {
    let known = HashSeed::fixed(1);
    let cells = 2 * u64::try_from(KEYS).unwrap();
    let collide = |key: &Chosen| (key.hash(known) >> 32).is_multiple_of(cells);
    let chosen: Vec<_> = (0..).map(Chosen).filter(collide).take(KEYS).collect();
    assert_eq!(longest_look(&chosen, known), KEYS, "all on one cell");
    for number in 2..64 {
        let longest = longest_look(&chosen, HashSeed::fixed(number));
        assert!(longest <= 64, "{longest} cells under seed {number}");
    }
}

#[test]
fn processes_have_seeds_of_their_own_and_do_not_show_them() {
    let seeds = [HashSeed::of_process(), HashSeed::of_process()];
    assert_ne!(seeds[0], seeds[1]);
    assert_eq!(format!("{:?}", seeds[0]), "HashSeed { .. }");
}
