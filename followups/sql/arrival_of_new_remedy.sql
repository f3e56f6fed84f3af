-- Before the remedy of a follow-up changes: the arrival that counts is one of the new remedy.
SELECT newest.* INTO NEW.has_arrived, NEW.arrived_on, NEW.reported_sent_on FROM ({newest_arrival}) AS newest;
RETURN NEW;
