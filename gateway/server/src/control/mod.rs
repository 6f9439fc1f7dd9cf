//! The control plane: what the control journal says, and who writes it.

pub mod agent;
pub mod state;

pub use agent::{ControlAgent, ControlHandle, ControlRefusal};
pub use state::{Act, ControlError, ControlState};
