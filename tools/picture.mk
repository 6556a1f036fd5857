# The picture in the README, drawn from the real program.
.PHONY: picture
picture: demo-programs
	@BUILD='$(BUILD)' tools/screenshot.sh docs/sigill.png
