package PVE::Network::RS;

# Binding to libpve_network_rs: a request goes in, a reply comes out, both as Perl data.
#
# The library is loaded when it is first needed. Whatever is wrong with it (FFI::Platypus or the
# file is missing, it has another ABI) is said once to syslog, and is a reply like any other: an
# error of the kind 'no_library' or 'abi'.

use v5.36;

use PVE::Network::RS::Message;
use PVE::Network::RS::Signals;

# The ABI that this module speaks, see pve_network_abi_version().
use constant ABI => 1;

# Where our own files are: this one, and those in the folder of its name.
my $OWN_FILES = __FILE__ =~ s/\.pm\z//r;

# Where every Perl module has its shared object: in auto/, beside the module.
my $INSTALLED = "$OWN_FILES/../../../auto/PVE/Network/RS/RS.so";

my $library; # once it was looked for: { version, function, text, free, json } or { error }
my %function; # symbol => its function, or undef if the library lacks it
my %said; # message => true if it was logged

# Sends $request to the function $symbol: data, or a reference to a text that is JSON already.
# Returns the reply: value or error, and warnings. $attached says what need not be part of their JSON,
# see PVE::Network::RS::Message.
sub ask($symbol, $request, $attached = {}) {
    # By then Perl has freed the objects behind the functions.
    return failure('no_library', 'Perl is shutting down') if ${^GLOBAL_PHASE} eq 'DESTRUCT';

    $library //= load();
    return $library->{error} if $library->{error};

    $function{$symbol} = find($symbol) if !exists($function{$symbol});
    return failure('abi', "the library lacks $symbol") if !$function{$symbol};

    my $sereal = PVE::Network::RS::Message::sereal_for($request, $attached);
    my $reply = exchange($symbol, $request, $attached, $sereal);
    return $reply if !$sereal || !$reply->{error} || $reply->{error}->{kind} ne 'request';
    # What is not plain data to the library's Sereal may have a form in JSON.
    return exchange($symbol, $request, $attached, undef);
}

# One request and its reply. $sereal attaches their data; without it, that is part of their JSON.
sub exchange($symbol, $request, $attached, $sereal) {
    my $json = $library->{json};
    my $text = eval { PVE::Network::RS::Message::encoded($json, $request, $attached, $sereal) }
        // return fault('request', $@);
    my $status = $function{$symbol}->($text, \my $pointer);
    return failure('bug', "$symbol: status $status without a reply") if !$pointer;
    $text = $library->{text}->($pointer);
    $library->{free}->($pointer);

    my $reply = eval { PVE::Network::RS::Message::decoded($json, $text, $attached) };
    return fault('bug', $@) if $@ ne '';
    return $reply if ref($reply) eq 'HASH' && (exists($reply->{value}) || ref($reply->{error}));
    return failure('bug', "$symbol: not a reply");
}

# $data as JSON text, for a request that is put together of texts; undef without a library.
sub encode($data) {
    $library //= load();
    return $library->{json} && $library->{json}->encode($data);
}

# The version of the library; undef if there is none that can be used.
sub version() {
    $library //= load();
    return $library->{version};
}

# The functions about the pages that processes share, see PVE::Network::RS::Control; undef if there is
# no library that has them.
sub control() {
    $library //= load();
    return undef if $library->{error};
    return guard(sub {
        return {
            open => $library->{function}->('pve_network_control_open', ['string'] => 'void'),
            seam => $library->{function}->('pve_network_control_seam', ['string'] => 'uint32'),
            begin => $library->{function}->('pve_network_control_begin', ['uint32'] => 'uint64'),
            enter => $library->{function}->('pve_network_control_enter', ['uint32'] => 'void'),
            end => $library->{function}->(
                'pve_network_control_end',
                [qw(uint32 uint32 uint32 uint32 uint64 uint64 string)] => 'void',
            ),
        };
    });
}

# The path of the library. A tainted process takes no advice from its environment.
sub path() {
    return !${^TAINT} && $ENV{PVE_NETWORK_RS_LIB} || $INSTALLED;
}

# Logs $message to syslog, once in the life of the process.
sub complain($message) {
    return if $said{$message}++;
    local ($@, $!);
    local $SIG{__DIE__} = 'DEFAULT';
    PVE::Network::RS::Signals::late(sub {
        eval {
            require Sys::Syslog;
            Sys::Syslog::syslog('warning', '%s', "pve-network-rs: $message");
        };
    });
    return;
}

# Loads a module of ours that few processes need: true if it is there. It may not be, if the package was
# removed or replaced since this process started; then syslog says so once.
sub need($module) {
    my $file = "PVE/Network/RS/$module.pm";
    return 1 if $INC{$file};

    my $problem = PVE::Network::RS::Signals::late(sub {
        local ($@, $!);
        local $SIG{__DIE__} = 'DEFAULT';
        return eval { require $file } ? undef : $@;
    });
    return 1 if !defined($problem);
    complain($problem =~ s/\n.*//sr);
    return 0;
}

sub failure($kind, $message) {
    return { error => { kind => $kind, message => $message }, warnings => [] };
}

# The failure of what was caught, if that is of our making: JSON::XS and Sereal name the file that called
# them. All else goes on its way: a signal handler, of a caller's alarm for instance, may die anywhere.
sub fault($kind, $caught) {
    die $caught if ref($caught) || $caught !~ / at \Q$OWN_FILES\E\b.* line \d+(?:, <.*)?\.?\n\z/;
    return failure($kind, $caught =~ s/\s+\z//r);
}

sub load() {
    local ($@, $!);
    local $SIG{__DIE__} = 'DEFAULT';
    my $loaded = PVE::Network::RS::Signals::late(sub {
        eval { open_library(path()) };
    });
    return $loaded if $loaded;

    my $failure = ref($@) eq 'ARRAY' ? failure($@->@*) : fault('no_library', $@);
    complain("$failure->{error}->{message}; Perl answers everything");
    return { error => $failure };
}

# Opens the library by hand: FFI::Platypus->lib would only warn of what is wrong with it.
sub open_library($path) {
    require FFI::Platypus;
    FFI::Platypus->VERSION('2.00');
    require FFI::Platypus::DL;
    require JSON::XS;

    my $handle = FFI::Platypus::DL::dlopen($path, FFI::Platypus::DL::RTLD_PLATYPUS_DEFAULT())
        or die [no_library => FFI::Platypus::DL::dlerror()];
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
    return guard(sub { $library->{function}->($symbol, ['string', 'opaque*'] => 'sint32') });
}

# What $code returns; undef, and a complaint, if the library lacks what it looks for.
sub guard($code) {
    local $@;
    local $SIG{__DIE__} = 'DEFAULT';
    my $found = eval { $code->() };
    return $found if $found;

    complain("$@->[1]; Perl answers in its place") if ref($@) eq 'ARRAY' || fault('abi', $@);
    return undef;
}

1;
