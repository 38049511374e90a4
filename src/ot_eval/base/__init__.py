"""Words everything else uses; imports nothing of ours."""
