//! What the modules promise of each other.

mod files;
mod flows;
mod reference;
mod rules;
