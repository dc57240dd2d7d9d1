//! Commands to events to SQL; retry; dead letters.
