"""How are components built? The container's engine, loaded when the first component is asked for."""
