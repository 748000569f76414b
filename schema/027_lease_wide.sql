-- Leases of more than one address are few, and asked for by addresses inside
-- them: without this each such question read all leases.
CREATE INDEX lease_wide ON lease (first, last) WHERE first < last;
