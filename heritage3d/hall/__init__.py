"""The VR room: objects at true size on plinths, walls and lecterns, in the order of an exhibition."""
