package PVE::Network::RS;

# Binding to libpve_network_rs: a request goes in, a reply comes out, both as Perl data.
#
# The library is loaded when it is first needed. Whatever is wrong with it (FFI::Platypus or the
# file is missing, it has another ABI) is said once to syslog, and is a reply like any other: an
# error of the kind 'no_library' or 'abi'.

use v5.36;

use File::Basename ();

# The ABI that this module speaks, see pve_network_abi_version().
use constant ABI => 1;

# Where every Perl module has its shared object: in auto/, beside the module.
my $INSTALLED = File::Basename::dirname(__FILE__) . '/../../auto/PVE/Network/RS/RS.so';

my $library; # once it was looked for: { handle, ffi, json, text, free, version } or { error }
my %function; # symbol => its function, or undef if the library lacks it
my %said; # message => true if it was logged

# Sends $request to the function $symbol. Returns the reply: value or error, and warnings.
sub ask($symbol, $request) {
    $library //= load();
    return $library->{error} if $library->{error};

    $function{$symbol} = find($symbol) if !exists($function{$symbol});
    my $function = $function{$symbol} or return failure('abi', "the library lacks $symbol");

    my $status = $function->($library->{json}->encode($request), \my $pointer);
    return failure('bug', "$symbol: status $status without a reply") if !$pointer;
    my $text = $library->{text}->($pointer);
    $library->{free}->($pointer);

    return $library->{json}->decode($text);
}

# The version of the library; undef if there is none that can be used.
sub version() {
    $library //= load();
    return $library->{version};
}

# The path of the library. A tainted process takes no advice from its environment.
sub path() {
    return !${^TAINT} && $ENV{PVE_NETWORK_RS_LIB} || $INSTALLED;
}

# Logs $message to syslog, once in the life of the process.
sub complain($message) {
    return if $said{$message}++;
    local $@;
    eval {
        require Sys::Syslog;
        Sys::Syslog::syslog('warning', '%s', "pve-network-rs: $message");
    };
    return;
}

sub failure($kind, $message) {
    return { error => { kind => $kind, message => $message }, warnings => [] };
}

sub load() {
    local ($@, $!);
    local $SIG{__DIE__} = 'DEFAULT';
    my $loaded = eval { open_library(path()) };
    return $loaded if $loaded;

    my ($kind, $message) = ref($@) ? $@->@* : (no_library => $@ =~ s/\s+\z//r);
    complain("$message; Perl answers everything");
    return { error => failure($kind, $message) };
}

# Opened by hand, not by FFI::Platypus->lib: it would close the library while Perl shuts down,
# when a destructor may still call into it.
sub open_library($path) {
    require FFI::Platypus;
    FFI::Platypus->VERSION('2.00');
    require FFI::Platypus::DL;
    require JSON::XS;

    my $handle = FFI::Platypus::DL::dlopen($path, FFI::Platypus::DL::RTLD_PLATYPUS_DEFAULT())
        or die FFI::Platypus::DL::dlerror() . "\n";
    my $ffi = FFI::Platypus->new(api => 2);
    my $function = sub($symbol, @signature) {
        my $address = FFI::Platypus::DL::dlsym($handle, $symbol)
            or die [abi => "$path lacks $symbol"];
        return $ffi->function($address, @signature)->sub_ref();
    };

    my $abi = $function->('pve_network_abi_version', [] => 'uint32')->();
    die [abi => "$path has ABI $abi, expected is " . ABI] if $abi != ABI;

    return {
        function => $function,
        version => $function->('pve_network_version', [] => 'string')->(),
        free => $function->('pve_network_string_free', ['opaque'] => 'void'),
        text => $ffi->function(0, ['opaque'] => 'string')->sub_ref(),
        json => JSON::XS->new->utf8,
    };
}

# The function of the library that answers a seam; undef if there is none.
sub find($symbol) {
    local $@;
    local $SIG{__DIE__} = 'DEFAULT';
    my $function = eval { $library->{function}->($symbol, ['string', 'opaque*'] => 'sint32') };
    complain("$@->[1]; Perl answers in its place") if ref($@);
    return $function;
}

1;
