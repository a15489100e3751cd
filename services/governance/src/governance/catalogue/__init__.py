"""What the PMO supplies: processes, tools and templates, and which projects use them."""
