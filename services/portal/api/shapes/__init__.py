"""What the operations answer, one module a resource."""
