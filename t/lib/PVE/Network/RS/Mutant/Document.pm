package PVE::Network::RS::Mutant::Document;

# Inputs of golden cases of any format, changed at random. What kind of data is where stays, mostly:
# values come from elsewhere in the corpus, or are odd ones of the same kind.

use v5.36;

use Storable ();

# What says which function is called, and how.
my %IS_FIXED = map { $_ => 1 } qw(op fn hook plugin call mode file match status);

my @ODD = (
    undef, '', ' ', '0', 0, '00', 1, '1', '01', -1, '-1', '+1', 1.5, '1.0', '1e3', '0x10', 'abc', 'A', '_', '-',
    'yes', 'off', 32, '32', 64, 128, '129', 255, 256, 4094, '4095', 65535, 65536, 1500, '9000', 16777215,
    4294967295, '4294967296', '99999999999999999999', "a\nb", "a\tb", 'a b', ' a', "a\n", "\x{e9}", "\x{20ac}x",
    "\x{1f600}", 'x' x 300, 'a,b', 'a, b;c', 'n1', 'pve1', 'lo', 'vmbr0', 'eth0.5', '10.0.0.1', '10.0.0.0/24',
    '10.0.0.1/32', '010.0.0.1', '10.1', '10.0.0.256', '255.255.255.255', '0.0.0.0', '0.0.0.0/0', '::', '::1',
    '::/0', '2001:db8::1', '2001:DB8:0:0::1', '2001:db8::/64', 'fe80::1%eth0', '::ffff:10.0.0.1', '65000:1',
    '1:2:3', 'zn1-10.0.0.0-24', 'zn1-2001:db8::-64', 'BC:24:11:00:00:01', 'bc:24:11:00:00:01',
    'start-address=10.0.0.5,end-address=10.0.0.9', 'start-address=2001:db8::5,end-address=2001:db8::9',
    'simple', 'vlan', 'qinq', 'vxlan', 'evpn', 'bgp', 'isis', 'faucet', 'openfabric', 'ospf', 'netbox', 'pve',
);

sub one_of(@list) {
    return $list[rand(@list)];
}

# What the inputs have: for each key its values, and which keys there are in a hash of that name.
sub pool(@ins) {
    my %pool = (values => {}, keys => {});
    learn(\%pool, '', $_) for @ins;
    return \%pool;
}

sub learn($pool, $name, $data) {
    if (ref($data) eq 'HASH') {
        for my $key (keys %$data) {
            push $pool->{keys}->{$name}->@*, $key;
            push $pool->{values}->{$key}->@*, $data->{$key};
            learn($pool, $key, $data->{$key});
        }
    } elsif (ref($data) eq 'ARRAY') {
        push $pool->{values}->{"$name\[]"}->@*, @$data;
        learn($pool, "$name\[]", $_) for @$data;
    }
    return;
}

# A mutant of an input; the pool is of inputs of the same format.
sub of($in, $pool) {
    my $mutant = Storable::dclone($in);
    for (1 .. 1 + rand(5)) {
        my @places = places($mutant, '', 0);
        one_of(@places)->($pool) if @places;
    }
    return $mutant;
}

# For each place in the data a function that changes it.
sub places($data, $name, $depth) {
    my @places;
    if (ref($data) eq 'HASH') {
        for my $key (grep { !$IS_FIXED{$_} } sort keys %$data) {
            push @places, $depth ? sub($pool) { change_member($pool, $data, $name, $key) } : ();
            push @places, sub($pool) { $data->{$key} = change_text($pool, $key, $data->{$key}) }
                for 1 .. (is_text($data->{$key}) ? 6 : 0);
            push @places, places($data->{$key}, $key, $depth + 1);
        }
    } elsif (ref($data) eq 'ARRAY') {
        for my $i (0 .. $#$data) {
            push @places, sub($pool) { change_item($pool, $data, $name, $i) }
                if $depth > 1 || !ref($data->[$i]);
            push @places, places($data->[$i], "$name\[]", $depth + 1);
        }
    }
    return @places;
}

sub is_text($value) {
    return defined($value) && !ref($value) && $value =~ /\n./;
}

# A value for a key: one of the corpus, or an odd one.
sub value($pool, $name, $old) {
    my $values = $pool->{values}->{$name} // [];
    my @same = grep { ref($_) eq ref($old) } @$values;
    return Storable::dclone([one_of(@same)])->[0] if @same && (ref($old) || rand() < 0.5);
    return $old if ref($old) && rand() < 0.9;
    return "$old" if defined($old) && $old =~ /^-?\d+\z/ && rand() < 0.2;
    return $old + 0 if defined($old) && $old =~ /^-?\d{1,9}\z/ && rand() < 0.3;
    return respelled($old) if defined($old) && !ref($old) && rand() < 0.3;
    return one_of(@ODD);
}

sub respelled($text) {
    return one_of(
        uc($text), lc($text), "$text ", " $text", "$text\n", "0$text", "$text$text", "$text,$text", reverse($text) . '',
        substr($text, 0, rand(length($text))), $text =~ s/(\d+)/$1 + 1/er, $text =~ s/\./:/gr,
    );
}

sub change_member($pool, $hash, $name, $key) {
    my $chance = rand();
    if ($chance < 0.2) {
        delete $hash->{$key};
    } elsif ($chance < 0.3) {
        my $new = one_of(one_of(($pool->{keys}->{$name} // [])->@*), grep { defined && !/\n/ } @ODD) // '';
        $hash->{$new} = delete $hash->{$key};
    } elsif ($chance < 0.5) {
        my $new = one_of(($pool->{keys}->{$name} // [$key])->@*);
        my $value = one_of(($pool->{values}->{$new} // [])->@*);
        $hash->{$new} = Storable::dclone([$value])->[0] if !$IS_FIXED{$new};
    } else {
        $hash->{$key} = value($pool, $key, $hash->{$key});
    }
    return;
}

sub change_item($pool, $list, $name, $i) {
    my $chance = rand();
    if ($name eq 'args') {
        $list->[$i] = value($pool, "args[]", $list->[$i]) if !ref($list->[$i]); # each has its place
    } elsif ($chance < 0.2) {
        splice(@$list, $i, 1);
    } elsif ($chance < 0.4) {
        splice(@$list, rand(@$list + 1), 0, Storable::dclone([$list->[$i]])->[0]);
    } else {
        $list->[$i] = value($pool, "$name\[]", $list->[$i]);
    }
    return;
}

# Changes lines of a text, or words in them.
sub change_text($pool, $name, $text) {
    return $text if !is_text($text);
    my @lines = split(/(?<=\n)/, $text);
    my $other = one_of(grep { is_text($_) } ($pool->{values}->{$name} // [])->@*) // $text;
    my $chance = rand();
    if ($chance < 0.2) {
        splice(@lines, rand(@lines), 1);
    } elsif ($chance < 0.6) {
        splice(@lines, rand(@lines + 1), rand(2), one_of(split(/(?<=\n)/, $other)));
    } else {
        my $line = \$lines[rand(@lines)];
        my @words = split(/([\s,:]+)/, $$line);
        $words[rand(@words)] = one_of(one_of(@ODD) // '', @words) if @words;
        $$line = join('', @words);
    }
    return join('', @lines);
}

1;
