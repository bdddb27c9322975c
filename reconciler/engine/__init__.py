"""The loop: plan, converge, apply, preview. It knows protocols only."""
