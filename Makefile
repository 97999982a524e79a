# pve-network-rs: build, test, install. `make help` lists the targets.

PREFIX ?= /usr
DESTDIR ?=
CARGO ?= cargo
PERL ?= perl

# Where the original's Perl modules are, for `make parity` and `make bench`: a folder that has them
# somewhere below it, or several separated by ':'; and where its test scripts are.
ORIGINAL ?=
ORIGINAL_TESTS ?=

TARGET := $(or $(CARGO_TARGET_DIR),target)
LIBRARY := libpve_network_rs.so
INSTALLED := auto/PVE/Network/RS/RS.so
SERVICE := pve-network-migration
PROGRAMS := contract-test migration-ctl pvenet
# What the disposable node can apply: it has neither DHCP nor Open vSwitch; and a file edited by hand
# is, as documented, not the same when it was written back.
NODES := as-installed bonded pve1 unrecorded

# As Debian's perl has it, but below PREFIX: /usr/lib/x86_64-linux-gnu/perl5/5.40
VENDORARCH = $(PREFIX)$(shell $(PERL) -MConfig -e 'print $$Config{vendorarch} =~ s{^/usr}{}r')

UNITS = $(PREFIX)/lib/systemd/system

DEPS := gcc libc6-dev perl libffi-platypus-perl libjson-xs-perl libsereal-decoder-perl libsereal-encoder-perl
DEPS_FULL := binutils dnsmasq-base frr ifupdown2 iproute2 kmod pdns-backend-sqlite3 pdns-server \
    sqlite3 user-mode-linux valgrind
# What the original's modules and its tests use.
DEPS_ORIGINAL := dnsmasq-base libanyevent-perl libclone-perl libdevel-cycle-perl \
    libfile-slurp-perl libfilesys-df-perl libhttp-message-perl libio-socket-ssl-perl libjson-perl \
    liblinux-inotify2-perl libnet-dbus-perl libnet-ip-perl libnet-ssleay-perl libnet-subnet-perl \
    libnetaddr-ip-perl libstring-shellquote-perl libtest-differences-perl libtest-mockmodule-perl \
    libtimedate-perl liburi-perl libuuid-perl libwww-perl libyaml-libyaml-perl util-linux

.PHONY: all help deps build demo check check-full heavy bench parity install uninstall clean

all: build

help:
	@echo 'make            build the library and the programs, optimised'
	@echo 'make demo       show the main job on the file of a realistic node'
	@echo 'make check      all tests'
	@echo 'make check-full the heavy ones too: valgrind, a disposable node, long fuzzing'
	@echo 'make parity     both engines on every golden input; needs ORIGINAL=DIR'
	@echo 'make bench      speed, as ratios against the original; needs ORIGINAL=DIR'
	@echo 'make install    DESTDIR= PREFIX=/usr; make uninstall takes it out again'

deps:
	@t/deps $(DEPS)

build: deps
	$(CARGO) build --release --locked

demo: build
	$(CARGO) build --locked --lib --features fault-injection --target-dir $(TARGET)/fault
	t/demo $(TARGET)

check: deps
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets --features fault-injection -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --locked --no-deps --document-private-items
	$(CARGO) test --locked --quiet
	$(CARGO) build --locked
	$(CARGO) build --locked --lib --features fault-injection --target-dir $(TARGET)/fault
	PVE_NETWORK_RS_LIB=$(abspath $(TARGET))/debug/$(LIBRARY) \
	    PVE_NETWORK_RS_FAULT_LIB=$(abspath $(TARGET))/fault/debug/$(LIBRARY) \
	    prove -Iperl -It/lib t/*.t
	PVE_NETWORK_RS_LIB=$(abspath $(TARGET))/debug/$(LIBRARY) t/golden fixtures/golden*/*.ndjson

check-full: check heavy

# More cases for the properties, memory, and what real programs say: ifupdown2 (also on a disposable
# node), dnsmasq, PowerDNS, vtysh.
heavy: build
	@t/deps $(DEPS) $(DEPS_FULL)
	PROPTEST_CASES=20000 $(CARGO) test --locked --quiet --release \
	    --lib --test properties --test properties_config --test migration --test pvenet
	PVE_NETWORK_RS_LIB=$(abspath $(TARGET))/release/$(LIBRARY) t/node/preserve
	t/valgrind $(TARGET)/release/$(LIBRARY)
	t/dnsmasq
	t/powerdns --release
	t/vtysh
	t/ifupdown2
	PVE_NETWORK_RS_LIB=$(abspath $(TARGET))/release/$(LIBRARY) \
	    t/node/apply $(NODES:%=fixtures/node/%/etc/network/interfaces)

bench: build
	PVE_NETWORK_RS_LIB=$(abspath $(TARGET))/release/$(LIBRARY) t/bench $(ORIGINAL)
	PVE_NETWORK_RS_LIB=$(abspath $(TARGET))/release/$(LIBRARY) t/bench-ipam '$(ORIGINAL)'
	PVE_NETWORK_RS_LIB=$(abspath $(TARGET))/release/$(LIBRARY) t/bench-sdn '$(ORIGINAL)'

parity: build
	@if [ -z '$(ORIGINAL)' ]; then \
	    echo "skipped: parity needs the original's Perl modules, make parity ORIGINAL=DIR"; \
	else \
	    t/deps $(DEPS) $(DEPS_ORIGINAL) && \
	    PVE_NETWORK_RS_LIB=$(abspath $(TARGET))/release/$(LIBRARY) \
	        t/parity '$(ORIGINAL)' '$(ORIGINAL_TESTS)'; \
	fi

# The library is where Perl looks for the shared object of the module that loads it.
install: build
	install -d $(DESTDIR)$(VENDORARCH) $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include
	install -D -m 644 -t $(DESTDIR)$(UNITS) debian/$(SERVICE).service
	install -D -m 644 debian/$(SERVICE).logrotate $(DESTDIR)/etc/logrotate.d/$(SERVICE)
	cd perl && find . -name '*.pm' -exec install -D -m 644 {} $(abspath $(DESTDIR)$(VENDORARCH))/{} \;
	install -D -m 644 $(TARGET)/release/$(LIBRARY) $(DESTDIR)$(VENDORARCH)/$(INSTALLED)
	install -m 644 include/pve_network.h $(DESTDIR)$(PREFIX)/include
	install -m 755 $(PROGRAMS:%=$(TARGET)/release/%) $(DESTDIR)$(PREFIX)/bin
ifneq ($(PREFIX),/usr)
	@echo 'note: the service, and Perl unless PERL5LIB says else, look in /usr, not in $(PREFIX)'
endif

# Settings, logs and what was compared stay.
uninstall:
	cd perl && find . -name '*.pm' -printf '$(abspath $(DESTDIR)$(VENDORARCH))/%P\0' | xargs -0 rm -f
	rm -f $(DESTDIR)$(VENDORARCH)/$(INSTALLED) $(DESTDIR)$(PREFIX)/include/pve_network.h
	rm -f $(PROGRAMS:%=$(DESTDIR)$(PREFIX)/bin/%)
	rm -f $(DESTDIR)$(UNITS)/$(SERVICE).service $(DESTDIR)/etc/logrotate.d/$(SERVICE)
	find $(DESTDIR)$(VENDORARCH)/PVE $(DESTDIR)$(VENDORARCH)/auto/PVE -depth -type d -empty -delete

clean:
	$(CARGO) clean
