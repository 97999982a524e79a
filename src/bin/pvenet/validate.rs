//! `pvenet validate`: what is wrong with a file.
