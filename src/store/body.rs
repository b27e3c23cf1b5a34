//! How a document lies on disk: compressed against the version before it, which makes a small change cost tens of bytes.

use super::StoreError;

/// Versions in a row that lean on each other before one stands alone again; bounds what reading one costs.
pub const CHAIN_MAX: u32 = 16;
/// A larger document than this is refused: nothing that Almanac keeps comes near it.
pub const DOCUMENT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Lower levels search a dictionary too shallowly: at 3, one changed field in a 2.6 KB document cost 184 bytes, at 6 under 60.
const LEVEL: i32 = 6;

/// Encodes a canonical document, against its predecessor's where there is one. Plain JSON is kept where compression gains
/// nothing: JSON never begins with zstd's first magic byte.
///
/// # Errors
/// [`StoreError::Unfit`] if the document is larger than [`DOCUMENT_BYTES_MAX`] or zstd fails.
pub fn encode(document: &[u8], base: Option<&[u8]>) -> Result<Vec<u8>, StoreError> {
    if document.len() > DOCUMENT_BYTES_MAX {
        return Err(StoreError::Unfit(format!(
            "a record of {} bytes is larger than the {DOCUMENT_BYTES_MAX} that one record may have",
            document.len()
        )));
    }
    let compressed = zstd::bulk::Compressor::with_dictionary(LEVEL, base.unwrap_or_default())
        .and_then(|mut compressor| compressor.compress(document))
        .map_err(|error| StoreError::Unfit(format!("a record could not be compressed: {error}")))?;
    Ok(if compressed.len() < document.len() {
        compressed
    } else {
        document.to_vec()
    })
}

/// Decodes what [`encode`] made, given the same predecessor.
///
/// # Errors
/// [`StoreError::Unfit`] if the bytes are damaged.
pub fn decode(stored: &[u8], base: Option<&[u8]>) -> Result<Vec<u8>, StoreError> {
    if stored.first() != Some(&zstd::zstd_safe::MAGICNUMBER.to_le_bytes()[0]) {
        return Ok(stored.to_vec());
    }
    zstd::bulk::Decompressor::with_dictionary(base.unwrap_or_default())
        .and_then(|mut decompressor| decompressor.decompress(stored, DOCUMENT_BYTES_MAX))
        .map_err(|error| {
            StoreError::Unfit(format!(
                "a stored record is damaged ({error}); restore the database from a backup"
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_field_costs_tens_of_bytes() {
        let old: String = (0..50)
            .map(|n| format!(r#"{{"code":"P{n}","name":"Library {n}","status":"ACTIVE"}},"#))
            .collect();
        let new = old.replacen("ACTIVE", "INACTIVE", 1);
        let stored = encode(new.as_bytes(), Some(old.as_bytes())).unwrap();
        assert!(stored.len() < 60, "{} bytes", stored.len());
        assert_eq!(decode(&stored, Some(old.as_bytes())).unwrap(), new.as_bytes());
    }

    #[test]
    fn tiny_documents_stay_plain() {
        let document = br#"{"on":true,"type":"switch"}"#;
        let stored = encode(document, None).unwrap();
        assert_eq!(stored, document);
        assert_eq!(decode(&stored, None).unwrap(), document);
    }

    #[test]
    fn damage_is_an_error() {
        let document = "x".repeat(5000);
        let mut stored = encode(document.as_bytes(), None).unwrap();
        let last = stored.len() - 1;
        stored.truncate(last);
        assert!(decode(&stored, None).is_err());
    }
}
