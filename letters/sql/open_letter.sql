-- Before a letter is written: set whether the letter is open to its sender and leader (is_open_to.sql).
NEW.is_open_to_sender := letters_is_open_to(
    NEW.sender_id, NEW.id, NEW.sender_id, NEW.leader_id, NEW.listed_sender_id, NEW.listed_leader_id, NEW.listed_at
);
NEW.is_open_to_leader := letters_is_open_to(
    NEW.leader_id, NEW.id, NEW.sender_id, NEW.leader_id, NEW.listed_sender_id, NEW.listed_leader_id, NEW.listed_at
);
RETURN NEW;
