<?php
/**
 * Plugin Name: Sandbox
 * Description: Keeps a site that is only for trying things from sending mail.
 */

defined( 'ABSPATH' ) || exit;

add_filter( 'pre_wp_mail', '__return_true' );
