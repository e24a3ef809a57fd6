"""`charlm tune`: many short trainings whose settings a sampler draws, from what the earlier ones have scored."""
