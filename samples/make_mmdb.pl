#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Writes a MaxMind DB from CSV (Debian: libmaxmind-db-writer-perl):
#
#   perl samples/make_mmdb.pl [--layout L] networks.csv networks.mmdb
#
# Columns: prefix, asn, as_name, country.  Layouts, as their makers write them:
#   both             autonomous_system_number and _organization, country.iso_code
#   geolite2-asn     the first two      geolite2-country   the third
#   ipinfo           asn "AS64496", as_name, as_domain, country, country_code
#   cities           neither: a city, to be refused
# With --v4 the tree has no room for IPv6.
use strict;
use warnings;
use Getopt::Long;
use MaxMind::DB::Writer::Tree;

my ($layout, $v4) = ('both', 0);
GetOptions('layout=s' => \$layout, 'v4' => \$v4) && @ARGV == 2
    or die "usage: make_mmdb.pl [--layout L] [--v4] IN.csv OUT.mmdb\n";

my %record_of = (
    'both' => sub { +{ as_part(@_), country_part(@_) } },
    'geolite2-asn' => sub { +{ as_part(@_) } },
    'geolite2-country' => sub { +{ country_part(@_) } },
    'ipinfo' => sub {
        +{ asn => "AS$_[0]", as_name => $_[1], as_domain => 'example.net',
           country => 'A Country', country_code => $_[2] };
    },
    'cities' => sub { +{ city => $_[1] } },
);
my %type = (
    autonomous_system_number => 'uint32', autonomous_system_organization => 'utf8_string',
    country => $layout eq 'ipinfo' ? 'utf8_string' : 'map', iso_code => 'utf8_string',
    asn => 'utf8_string', as_name => 'utf8_string', as_domain => 'utf8_string',
    country_code => 'utf8_string', city => 'utf8_string',
);
my $record = $record_of{$layout} or die "make_mmdb.pl: no layout $layout\n";

sub as_part {
    my ($asn, $name) = @_;
    return (autonomous_system_number => $asn, autonomous_system_organization => $name);
}

sub country_part {
    my (undef, undef, $country) = @_;
    return $country ? (country => { iso_code => $country }) : ();
}

my $tree = MaxMind::DB::Writer::Tree->new(
    ip_version => $v4 ? 4 : 6,
    record_size => 24,
    database_type => "HeloFlow-$layout",
    languages => ['en'],
    description => { en => 'Made by samples/make_mmdb.pl' },
    remove_reserved_networks => 0,
    map_key_type_callback => sub { $type{$_[0]} },
);
# A longer prefix must not be overwritten by a shorter one: shorter ones first.
my @rows;
open my $in, '<:encoding(UTF-8)', $ARGV[0] or die "$ARGV[0]: $!\n";
while (<$in>) {
    chomp;
    next if /^#|^\s*$|^prefix,/;
    my ($prefix, @values) = split /,/, $_, 4;
    next if $v4 && $prefix =~ /:/;
    push @rows, [$prefix, $prefix =~ /:/ ? 0 : 96, @values];
}
for my $r (sort { len($a) <=> len($b) } @rows) {
    my ($prefix, undef, @values) = @$r;
    $tree->insert_network($prefix, $record->(@values));
}

sub len {
    my ($r) = @_;
    return $r->[1] + ($r->[0] =~ m{/(\d+)$})[0];
}
open my $out, '>:raw', $ARGV[1] or die "$ARGV[1]: $!\n";
$tree->write_tree($out);
close $out or die "$ARGV[1]: $!\n";
