# Everything needed to build, test, lint, draw pictures and bench, installed once and only when something is missing.
DEPS := libncurses-dev libcurl4-openssl-dev libcjson-dev libssl-dev libcmocka-dev libsqlite3-dev libmicrohttpd-dev libgnutls28-dev libinih-dev \
        gettext libvterm-dev pkg-config gcc clang make openssl tmux python3-pyte librsvg2-bin fonts-dejavu-core valgrind cppcheck clang-tidy \
        universal-ctags libclang-rt-14-dev htop tig neomutt mc less sqlite3 curl libxml2-utils
deps:
	@tools/deps.sh $(DEPS)
