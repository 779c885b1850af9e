"""The pipeline that composes data, models and judge, and the folder in which a run is kept."""
