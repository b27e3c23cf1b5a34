//! knowledge_center
