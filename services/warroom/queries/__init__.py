"""What can be asked of the war room: reads, each as of any moment."""
