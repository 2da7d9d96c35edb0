//! Sources to rows: where groups get their members.
