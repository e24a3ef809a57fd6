"""What a model's score is compared with: n-grams, and programs that compress."""
