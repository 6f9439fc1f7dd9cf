//! Chance, drawn from a seed: the same each time.

/// What decides whether something survives.
#[derive(Clone, Copy, Debug)]
pub(super) enum Chance {
    /// All survives.
    Always,
    /// Nothing does.
    Never,
    /// Each thing may; the state of a generator (splitmix64).
    Drawn(u64),
}

impl Chance {
    fn next(&mut self) -> u64 {
        let Self::Drawn(state) = self else {
            return 0;
        };
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns whether the next thing survives.
    pub(super) fn keeps(&mut self) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Drawn(_) => self.next() & 1 == 1,
        }
    }

    /// Returns how many of `count` things in order survive.
    pub(super) fn prefix(&mut self, count: usize) -> usize {
        match self {
            Self::Always => count,
            Self::Never => 0,
            Self::Drawn(_) => {
                let bound = u64::try_from(count).unwrap_or(u64::MAX).saturating_add(1);
                usize::try_from(self.next() % bound).unwrap_or(count)
            }
        }
    }
}
