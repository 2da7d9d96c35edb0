//! Apple's App and Book Management API, v2: token, wire types, pages, limits, errors, events.
