package PVE::Exception;

# Stand-in for pve-common's module, for machines without it: an exception with faults by parameter.

use v5.36;

use overload '""' => sub($self, @) { "$self->{code} $self->{msg}" };

sub raise_param_exc($errors) {
    die bless({ code => 400, msg => "Parameter verification failed.\n", errors => $errors }, __PACKAGE__);
}

1;
