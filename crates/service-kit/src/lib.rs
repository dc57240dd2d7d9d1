//! What every program needs: configuration, telemetry, health, problems, shutdown.
