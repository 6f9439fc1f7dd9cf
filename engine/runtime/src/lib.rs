//! Agents, cores, clocks, rings and counters. Knows no trading word.
