"""Several models, or several texts of which the likeliest is kept. Knows no files and no terminal."""
