-- Neither serves a question any more. The first stood in the way, too: the decision's update touched its condition, and so
-- was entered in every index of the claim.
drop index claim_open;
drop index decision_of_plan;
