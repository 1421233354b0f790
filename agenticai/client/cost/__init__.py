"""What a stack costs on AWS: prices, the free tier, what was used, the forecast of a month, and budgets."""
