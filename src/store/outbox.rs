//! Notices and messages: what is owed to channels, and what became of it.

use super::{Store, StoreError};
use crate::model::answer::{MessageRow, MessageState};

impl Store {
    /// stub
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn messages(&self, _state: Option<MessageState>, _limit: u32) -> Result<Vec<MessageRow>, StoreError> {
        Ok(Vec::new())
    }

    /// stub
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn retry_dead(&self, _ids: &[String]) -> Result<u64, StoreError> {
        Ok(0)
    }
}
