//! snmp
