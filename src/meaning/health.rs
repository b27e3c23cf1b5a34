//! Events about the watches themselves: failing, recovered, quota low, delivery dead.
