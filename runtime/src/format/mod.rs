//! The primitives that generated decoders and encoders are made of.
