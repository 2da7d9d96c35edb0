//! An Apple that runs on this machine, as strict as the real one.
