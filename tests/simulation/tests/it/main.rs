//! Seeded worlds: many of them through the rule alone, some through real servers and processes.

mod worlds;
