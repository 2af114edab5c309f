"""The city's HTTP: what people's programs and outside systems speak. It holds no rule."""
