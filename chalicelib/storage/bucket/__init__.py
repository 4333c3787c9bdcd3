"""What the s3 and r2 drivers are made of: requests with patience, reading, multipart uploads, the client."""
