//! Gives release-note drafts their identity: one to one with the known items of a product.
