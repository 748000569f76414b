-- What a recipient's outcome means is worked out by src/model/outcome.c when it is
-- stored.  As an expression with LIKE it took a tenth of an import's instructions,
-- and the importer read it back for its sums.  Rows stay as they are: what SQLite
-- stores of a generated column is what it stores of any other, so that the text of
-- the table alone changes (sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
   SET sql = substr(sql, 1, instr(sql, '  -- Bits, by') - 1) ||
'  outcome        INTEGER NOT NULL DEFAULT 0, -- bits of src/model/outcome.h' ||
             substr(sql, instr(sql, ' STORED,') + 8)
 WHERE type = 'table' AND name = 'mail_recipient';
PRAGMA writable_schema = RESET;
