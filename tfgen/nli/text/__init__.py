"""From text to ids: what data, models and exported graphs share."""
