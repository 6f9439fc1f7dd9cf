//! The program from outside: the real binary, real sockets, real files.

mod crash;
mod faults;
mod member;
mod venue_process;
