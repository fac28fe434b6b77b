"""The API that customers' programs call: version 1 under `/api/v1/`, over the services that the dashboard calls."""
